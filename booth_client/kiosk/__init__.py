"""The kiosk: the booth's own loopback web page, and the server that shows it the journey."""
