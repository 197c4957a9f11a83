"""What evaluation.py is made of: agents side by side on the same episodes, their figures, tables, plots and exports."""
