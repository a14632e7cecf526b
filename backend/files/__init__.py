"""Files as people have them: bytes in, a table out, and back. CSV and XLSX, told apart by content.

reading.read_table → Table → writing.write_table; exporting streams rows into a download.
"""
