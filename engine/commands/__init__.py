"""One small file per command of ./ringmaster; each imports late, so that every command starts fast."""
