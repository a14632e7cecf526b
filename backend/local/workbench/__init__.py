"""The workbench: one page with a sheet on the left and the real sidebar on the right.

The sidebar is `appsscript/` as it stands: its .gs files run unmodified in the browser, in a Web Worker
per execution, over small stand-ins of the Apps Script services; its HTML stands in a frame 300 pixels
wide behind a stand-in of `google.script.run`. The sheet is the Sheets stand-in's, with the owner's rights.
"""
