// What 7-Zip reads, and the names of its handlers.

/** By libblkid's names. */
export const fileSystemHandlers: ReadonlyMap<string, string> = new Map([
  ['squashfs', 'SquashFS'],
  ['squashfs3', 'SquashFS'],
  ['iso9660', 'Iso'],
  ['udf', 'Udf'],
  ['vfat', 'FAT'],
  ['ntfs', 'NTFS'],
  ['hfsplus', 'HFS'],
]);

/** Images of disks, by qemu-img's names but for `vhd`, which is its `vpc`. */
export const imageHandlers: ReadonlyMap<string, string> = new Map([
  ['qcow2', 'QCOW'],
  ['vhdx', 'VHDX'],
  ['vmdk', 'VMDK'],
  ['vdi', 'VDI'],
  ['vhd', 'VHD'],
]);
