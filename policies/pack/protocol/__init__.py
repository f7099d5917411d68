"""The analyzer protocol: what the engine sends to a policy pack and what it gets back."""
