# Sourced; defines make_demo_disk, and names the Debian packages of what it calls.

demo_packages=(fdisk e2fsprogs dosfstools mtools btrfs-progs squashfs-tools util-linux)
demo_programs=(sfdisk mkfs.ext4 mkfs.vfat mcopy mkfs.btrfs mksquashfs mkswap)

# make_demo_disk IMAGE FOLDER: a disk of 96 MiB, mostly holes, with a GPT. Its file systems are made of this clone's files, in
# FOLDER, without root.
make_demo_disk() {
  local image=$1 part=$2/part files=$2/files said
  truncate -s 96M "$image"
  # Free space lies in the middle and at the end.
  sfdisk --quiet "$image" <<-'TABLE'
	label: gpt
	label-id: 11223344-5566-4778-899a-abbccddeeff0
	start=1MiB,  size=8MiB,  type=uefi, name="EFI system"
	start=9MiB,  size=16MiB, type=linux, name="root"
	start=33MiB, size=32MiB, type=linux, name="home"
	start=65MiB, size=4MiB,  type=linux, name="packages"
	start=69MiB, size=8MiB,  type=swap, name="swap"
	TABLE

  mkdir -p "$files"
  cp README.md LICENSE package.json "$files"
  cp -r src "$files"

  truncate -s 8M "$part"
  mkfs.vfat -n EFI "$part" >/dev/null
  mcopy -s -i "$part" README.md LICENSE ::/
  place 1

  truncate -s 16M "$part"
  mkfs.ext4 -q -L root -d "$files" "$part"
  place 9

  truncate -s 32M "$part"
  mkfs.btrfs --quiet --mixed --label home --rootdir "$files" "$part" >/dev/null
  place 33

  mksquashfs "$files" "$part" -quiet -no-progress >/dev/null
  place 65

  truncate -s 8M "$part"
  said=$(mkswap --label swap "$part" 2>&1) || die "$said" # else it warns of what matters to a file that is swapped to
  place 69
}

# place MiB: moves what was made to its place in the image, with its holes.
place() {
  dd if="$part" of="$image" bs=1M seek="$1" conv=sparse,notrunc status=none
  rm "$part"
}
