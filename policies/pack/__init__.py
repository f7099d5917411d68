"""The policy pack: what a stack may not declare, judged on each preview and, without an engine, by `policies.check`."""
