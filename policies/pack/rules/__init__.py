"""The rules: one module an area, each rule one record with a function that judges."""
