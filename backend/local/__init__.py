"""One machine: stand-ins for Google's and OpenAI's services, the workbench page, and the commands.

Each stand-in is a program of its own that speaks the service's HTTP; nothing of the product's path
imports anything from here.
"""
