"""The dashboards as code, one module a few of them; `components/monitoring/dashboards/config_maps.py` declares them."""
