"""What must hold before a role starts, and what an administrator should know."""
