"""The alerts, one module an area; `components/monitoring/alert_rules.py` puts them together."""
