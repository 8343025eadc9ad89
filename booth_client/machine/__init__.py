"""The machine a booth runs on, as it is found: disk, clock, certificate, camera, sound, radio; of no person."""
