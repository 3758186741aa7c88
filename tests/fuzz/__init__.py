"""Throws anything at whatever reads bytes that come from elsewhere, and holds the tokenizer to plain scikit-learn.

`make test` tries a few cases of each property, `make fuzz` many more (see `campaign`). What is asserted is behaviour:
bytes in, status and JSON out.
"""
