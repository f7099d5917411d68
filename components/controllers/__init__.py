"""The controllers that the cluster needs, each a chart with hardened values in a namespace of its own."""
