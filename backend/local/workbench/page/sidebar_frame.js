// What stands first in the sidebar's frame: google.script.run, as Google puts it there.

export const RUN_SHIM = '<script src="/page/services/run_shim.js"></script>';
