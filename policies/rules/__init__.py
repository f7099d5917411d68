"""The rules: one module an area, each rule a pure function with one record."""
