"""What every room may know: types, events, errors, settings, tables. Imports nothing else of ours."""
