"""Endpoints: their records, the API's operations, and what runs behind them."""
