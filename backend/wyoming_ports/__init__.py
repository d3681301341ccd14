"""Voice over the Wyoming protocol: two TCP ports, one that speaks and one that listens."""
