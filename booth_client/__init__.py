"""The booth program: health objects, the kiosk page, and the road to the gateway."""
