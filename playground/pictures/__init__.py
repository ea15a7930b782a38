"""make pictures: takes the pictures of README.md from services and tasks that run."""
