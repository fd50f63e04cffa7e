"""The judge: recorded traffic in, findings and the board out. Pure: no socket, no disk, no clock."""

__version__ = "0.1.0"
