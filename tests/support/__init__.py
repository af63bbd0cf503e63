"""What the end-to-end and chaos tests stand on; README.md tells how to use it."""
