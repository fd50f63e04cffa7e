"""Who may see and do what: tokens, what is behind them, and what is refused."""
