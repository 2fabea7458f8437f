"""The explorer: a page in which a person sets a mixture and sees what is predicted of it."""
