"""The desk: signing in, finding people, what they may still use, the usage log."""
