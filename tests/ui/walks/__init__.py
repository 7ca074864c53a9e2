"""Steps of the walks in tests/ui/test_walks.py, a file for each tab."""
