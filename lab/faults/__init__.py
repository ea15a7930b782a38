"""What is lost when something dies: python -m lab.faults --help."""
