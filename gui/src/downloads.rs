//! Where a file that came from somebody else is put, and under which name.
//!
//! The name is theirs: it must not reach another folder, hide itself, act on
//! this system, or stand in for a file that is there (R9, XFER-1). The place is
//! never the home folder itself, where names have meanings of their own.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::{fs, io};

use kith_api::Package;

use crate::state::folder::{Folder, Item};

/// The longest name, in bytes: what file systems take, less room for a number.
const LONGEST: usize = 240;

/// The longest ending that is kept when a name is cut, in bytes with its dot.
const LONGEST_ENDING: usize = 20;

/// How many files of one name there may be.
const SAME_NAME: u32 = 1000;

/// A path for a file of this name in the folder for downloads, where nothing
/// is yet. The folder is made if it is missing.
///
/// # Errors
/// There is no home folder, or no folder for downloads can be had.
pub(crate) fn place(name: &str) -> io::Result<PathBuf> {
    let home = absolute(std::env::var_os("HOME")).ok_or(io::ErrorKind::NotFound)?;
    let config =
        absolute(std::env::var_os("XDG_CONFIG_HOME")).unwrap_or_else(|| home.join(".config"));
    let dirs = fs::read_to_string(config.join("user-dirs.dirs")).unwrap_or_default();
    let folder = folder(&home, &dirs);
    fs::create_dir_all(&folder)?;
    free(&folder, name)
}

/// Where a file of this name is put if a person says so: a folder, or the file
/// itself, as a whole path or below the home folder (“~/”); nothing for the
/// folder for downloads.
///
/// # Errors
/// Neither, or there is no folder for downloads.
pub(crate) fn chosen(typed: &str, name: &str) -> io::Result<PathBuf> {
    if typed.is_empty() {
        return place(name);
    }
    let path = match typed.strip_prefix("~/") {
        Some(rest) => absolute(std::env::var_os("HOME")).map(|home| home.join(rest)),
        None => absolute(Some(typed)),
    };
    let path = path.ok_or(io::ErrorKind::InvalidFilename)?;
    match path.is_dir() {
        true => free(&path, name),
        false => Ok(path),
    }
}

/// The largest file that a node takes in, in bytes.
const LARGEST: u64 = 48 * 1024 * 1024;

/// What a file holds that somebody gave.
///
/// # Errors
/// It can't be read, or holds more than a node takes in.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let file = fs::File::open(path)?;
    file.take(LARGEST + 1).read_to_end(&mut content)?;
    match content.len() as u64 > LARGEST {
        true => Err(io::ErrorKind::FileTooLarge.into()),
        false => Ok(content),
    }
}

/// Writes a file of ours into the folder for downloads, and says where.
///
/// # Errors
/// There is no such folder, or no room.
pub(crate) fn put(package: &Package) -> io::Result<PathBuf> {
    let path = place(&package.name)?;
    // A part of it would look like all of it.
    let mut file = fs::File::create_new(&path)?;
    file.write_all(&package.content)
        .inspect_err(|_| drop(fs::remove_file(&path)))?;
    Ok(path)
}

/// How many things of a folder are listed.
const LISTED: usize = 1000;

/// What there is in a folder, or in the home folder: without what is hidden,
/// and what is neither a folder nor a file.
///
/// # Errors
/// It can't be read, or there is no home folder.
pub(crate) fn list(folder: Option<PathBuf>) -> io::Result<Folder> {
    let home = || absolute(std::env::var_os("HOME"));
    let path = folder.or_else(home).ok_or(io::ErrorKind::NotFound)?;
    let item = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        let found = fs::metadata(&path).ok()?;
        let seen = !name.starts_with('.') && (found.is_dir() || found.is_file());
        let bytes = found.is_file().then_some(found.len());
        seen.then_some(Item { name, path, bytes })
    };
    let entries = fs::read_dir(&path)?.filter_map(Result::ok);
    let mut items: Vec<Item> = entries.filter_map(item).take(LISTED).collect();
    items.sort_by_key(|i| (i.bytes.is_some(), i.name.to_lowercase()));
    Ok(Folder { path, items })
}

fn absolute(value: Option<impl AsRef<OsStr>>) -> Option<PathBuf> {
    value
        .map(|v| PathBuf::from(v.as_ref()))
        .filter(|p| p.is_absolute())
}

/// What `user-dirs.dirs` says (the line is `XDG_DOWNLOAD_DIR="$HOME/…"`), or
/// else `Downloads`. That file names the home folder itself for a folder that
/// isn't wanted.
fn folder(home: &Path, dirs: &str) -> PathBuf {
    let said = dirs.lines().rev().find_map(|line| {
        let value = line.trim().strip_prefix("XDG_DOWNLOAD_DIR=")?.trim();
        let value = value.strip_prefix('"')?.strip_suffix('"')?;
        match value.strip_prefix("$HOME") {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => {
                Some(home.join(rest.trim_matches('/')))
            }
            Some(_) => None,
            None => absolute(Some(value)),
        }
    });
    let plain = |p: &PathBuf| p.components().collect::<PathBuf>();
    said.as_ref()
        .map(plain)
        .filter(|p| *p != plain(&home.to_path_buf()) && !p.iter().any(|part| part == ".."))
        .unwrap_or_else(|| home.join("Downloads"))
}

/// A path where nothing is, not even a link that leads nowhere. The node makes
/// the file only if that is still so.
fn free(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let name = safe(name);
    let (stem, ending) = halves(&name);
    (1..SAME_NAME)
        .map(|n| match n {
            1 => folder.join(&name),
            n => folder.join(format!("{stem} ({n}){ending}")),
        })
        .find(|path| path.symlink_metadata().is_err())
        .ok_or_else(|| io::ErrorKind::AlreadyExists.into())
}

/// The name and its ending, which begins with a dot or is empty.
fn halves(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= LONGEST_ENDING => name.split_at(at),
        _ => (name, ""),
    }
}

/// The name without what acts instead of being read.
fn safe(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if acts(c) { '_' } else { c })
        .collect();
    // A dot in front hides a file; dots and spaces at the end get lost on the
    // way to other systems.
    let mut name = plain
        .trim_start_matches(|c: char| c == '.' || c.is_whitespace())
        .trim_end_matches(|c: char| c == '.' || c.is_whitespace())
        .to_owned();
    let first = name.split('.').next().unwrap_or_default().to_lowercase();
    if is_device(&first) {
        name.insert(0, '_');
    }
    // An option, where a program is given this name.
    if name.is_empty() || name.starts_with(['-', '~']) {
        name.insert(0, '_');
    }
    if name.len() > LONGEST {
        let (stem, ending) = halves(&name);
        let mut end = LONGEST - ending.len();
        while !stem.is_char_boundary(end) {
            end -= 1;
        }
        name = format!("{}{ending}", stem.get(..end).unwrap_or_default());
    }
    name
}

/// Names that stand for devices where Windows reads the disk.
fn is_device(name: &str) -> bool {
    let port = name.strip_prefix("com").or(name.strip_prefix("lpt"));
    matches!(name, "con" | "prn" | "aux" | "nul")
        || port.is_some_and(|n| matches!(n.as_bytes(), [b'0'..=b'9']))
}

/// Separates folders, is read as a pattern or a command, or changes how the
/// characters around it are shown: control, bidi and invisible characters.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_taken_in_is_read_up_to_a_bound() {
        let path = std::env::temp_dir().join(format!("kith-read-{}", std::process::id()));
        let file = fs::File::create_new(&path).unwrap();
        file.set_len(LARGEST).unwrap();
        let fits = read(&path).map(|content| content.len() as u64);
        file.set_len(LARGEST + 1).unwrap();
        let more = read(&path).map_err(|e| e.kind());
        fs::remove_file(&path).unwrap();
        assert_eq!(fits.unwrap(), LARGEST);
        assert_eq!(more, Err(io::ErrorKind::FileTooLarge));
    }

    #[test]
    fn a_folder_is_listed_without_what_is_hidden_or_no_file() {
        let path = std::env::temp_dir().join(format!("kith-list-{}", std::process::id()));
        fs::create_dir_all(path.join("Zoo")).unwrap();
        fs::write(path.join("b.txt"), "12").unwrap();
        fs::write(path.join("A.txt"), "").unwrap();
        fs::write(path.join(".hidden"), "").unwrap();
        std::os::unix::fs::symlink("/nowhere", path.join("link")).unwrap();
        let found = list(Some(path.clone()));
        fs::remove_dir_all(&path).unwrap();
        let names = found.map(|f| f.items.into_iter().map(|i| (i.name, i.bytes)));
        let names: Vec<_> = names.unwrap().collect();
        let is = |name: &str, bytes| (name.to_owned(), bytes);
        assert_eq!(
            names,
            [is("Zoo", None), is("A.txt", Some(0)), is("b.txt", Some(2))]
        );
        assert!(list(Some(path)).is_err());
    }

    #[test]
    fn a_name_neither_hides_nor_leads_elsewhere() {
        for (theirs, here) in [
            ("Bericht 3.odt", "Bericht 3.odt"),
            ("名前.txt", "名前.txt"),
            (".bashrc", "bashrc"),
            ("...", "_"),
            ("", "_"),
            ("..", "_"),
            ("../../.ssh/authorized_keys", "_.._.ssh_authorized_keys"),
            ("/etc/passwd", "_etc_passwd"),
            (r"a\b", "a_b"),
            (" . .profile ", "profile"),
            ("invoice\u{202e}fdp.exe", "invoice_fdp.exe"),
            ("a\u{1b}[2Jb\n.txt", "a_[2Jb_.txt"),
            ("zero\u{200b}width\u{feff}", "zero_width_"),
            ("<U+202E>", "_U+202E_"),
            ("NUL", "_NUL"),
            ("con.txt", "_con.txt"),
            ("COM7.log", "_COM7.log"),
            ("common.txt", "common.txt"),
            ("con1.txt", "con1.txt"),
            ("-rf", "_-rf"),
            ("~root", "_~root"),
            ("name. .", "name"),
        ] {
            assert_eq!(safe(theirs), here, "{theirs:?}");
        }
        let long = safe(&format!("{}.tar", "ä".repeat(300)));
        assert!(long.len() <= LONGEST && long.ends_with("ä.tar"));
    }

    #[test]
    fn nothing_is_put_into_the_home_folder_itself() {
        let home = Path::new("/home/anna");
        let downloads = Path::new("/home/anna/Downloads");
        for (dirs, wanted) in [
            ("", downloads),
            ("XDG_DOWNLOAD_DIR=\"$HOME/\"", downloads),
            ("XDG_DOWNLOAD_DIR=\"$HOME\"", downloads),
            ("XDG_DOWNLOAD_DIR=\"/home/anna/.\"", downloads),
            ("XDG_DOWNLOAD_DIR=\"/home/anna/x/..\"", downloads),
            ("XDG_DOWNLOAD_DIR=\"relative\"", downloads),
            ("XDG_DOWNLOAD_DIR=\"$HOMEWARD/x\"", downloads),
            ("#XDG_DOWNLOAD_DIR=\"/x\"", downloads),
            (
                "XDG_MUSIC_DIR=\"/m\"\nXDG_DOWNLOAD_DIR=\"$HOME/Eingang\"\n",
                Path::new("/home/anna/Eingang"),
            ),
            ("XDG_DOWNLOAD_DIR=\"/data/in\"", Path::new("/data/in")),
        ] {
            assert_eq!(folder(home, dirs), wanted, "{dirs:?}");
        }
    }

    #[test]
    fn a_place_is_a_folder_or_the_file_itself() {
        let folder = std::env::temp_dir().join(format!("kith-chosen-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let at = |typed: &Path| chosen(typed.to_str().unwrap(), "a.txt").unwrap();
        assert_eq!(at(&folder), folder.join("a.txt"));
        fs::write(folder.join("a.txt"), "mine").unwrap();
        assert_eq!(at(&folder), folder.join("a (2).txt"));
        // What is there under a name that was typed stays: the node refuses.
        assert_eq!(at(&folder.join("a.txt")), folder.join("a.txt"));
        assert!(chosen("a.txt", "a.txt").is_err());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_there_stays() {
        let folder = std::env::temp_dir().join(format!("kith-downloads-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let taken = |name: &str| free(&folder, name).unwrap();
        assert_eq!(taken("a.txt"), folder.join("a.txt"));
        fs::write(folder.join("a.txt"), "mine").unwrap();
        // A link that leads nowhere would be written through.
        std::os::unix::fs::symlink("/nowhere", folder.join("a (2).txt")).unwrap();
        assert_eq!(taken("a.txt"), folder.join("a (3).txt"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
