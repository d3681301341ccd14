"""Room behind `personality_manager`: the record, the shelf of folders, the archive. Knows core, audio and safety."""
