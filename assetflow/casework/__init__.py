"""The use cases: what people do with assetflow, each one function and one transaction."""
