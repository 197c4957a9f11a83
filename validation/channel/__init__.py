"""What a session can hear of labels before its end, to the byte and to the microsecond."""
