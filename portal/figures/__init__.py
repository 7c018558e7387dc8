"""What signed opinions say of those who read, and of the models that answer."""
