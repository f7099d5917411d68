"""What watches the environment: alert rules, where they go, probes, exporters and dashboards. One component a file."""
