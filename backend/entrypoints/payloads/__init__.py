"""The JSON that the api takes and gives, one file per noun.

The same models validate requests and make the OpenAPI. Unknown fields are refused. Money is integer
micro-dollars, durations are seconds, times are RFC 3339 in UTC, rows are numbered as the sheet shows them
(the header is row 1).
"""
