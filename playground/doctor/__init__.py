"""make doctor: looks at a reader's own set-up and says what is wrong; it changes nothing there."""
