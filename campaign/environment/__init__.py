"""What may be set: `catalogue` says it once, `reading` reads it, `page` writes docs/settings.md."""
