"""Who waits and who talks to whom; knows nothing of medicine."""
