"""The person's rights: everything held, told (export), or gone (erase).

What a file system allows: a file's content is overwritten where it lies, synced, then
its name removed. What it does not: names stay in the blocks of a folder and in a
journal until they are used again; a journal of data, a copy-on-write file system
(Btrfs, ZFS, overlays, snapshots) and flash keep older copies that no program can reach.
"""
