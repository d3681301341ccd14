"""Tables of names: emotions, languages, speakers, formats. A new one is a new row."""
