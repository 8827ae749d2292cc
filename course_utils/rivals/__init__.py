"""The cheap rivals that a network has to beat."""
