"""The OpenRelik worker of winlast."""
