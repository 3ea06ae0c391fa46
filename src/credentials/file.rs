//! Reads small files of the user, up to a maximum size, and checks their permissions.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use super::provider_config::ProviderConfig;

/// Larger files are not read. Real files have a few thousand bytes.
const MAX_SIZE: u64 = 1024 * 1024;

/// Why a file cannot be used, without any of its content.
#[derive(Debug)]
pub(super) enum FileError {
    /// The file does not exist.
    Absent,
    /// The file exists and cannot be used; the text continues "the file X …".
    Unusable(String),
}

/// Reads a text file that holds secrets. Warns once if other users can read or write it.
pub(super) fn read_private(
    config: &ProviderConfig,
    path: &Path,
) -> Result<Zeroizing<String>, FileError> {
    let (text, metadata) = read_with_metadata(path)?;
    if let Some(access) = access_of_others(&metadata)
        && config.is_first_warning(path)
    {
        tracing::warn!(
            file = %path.display(),
            access,
            "other users of this machine can access a file with credentials: run `chmod 600` on it"
        );
    }
    Ok(text)
}

/// Reads a text file.
pub(super) fn read(path: &Path) -> Result<Zeroizing<String>, FileError> {
    read_with_metadata(path).map(|(text, _)| text)
}

fn read_with_metadata(path: &Path) -> Result<(Zeroizing<String>, Metadata), FileError> {
    let to_error = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileError::Absent,
        io::ErrorKind::InvalidData => FileError::Unusable("is not UTF-8 text".into()),
        kind => FileError::Unusable(format!("cannot be read: {kind}")),
    };
    let file = open(path).map_err(to_error)?;
    // Of the open file, not of the path: what the path names can change in between.
    let metadata = file.metadata().map_err(to_error)?;
    if !metadata.is_file() {
        return Err(FileError::Unusable("is not a regular file".into()));
    }
    // Enough capacity for the whole file: a growing buffer would leave copies of secrets in memory.
    let size = metadata.len().min(MAX_SIZE);
    let mut text = Zeroizing::new(String::with_capacity(
        usize::try_from(size).unwrap_or(0) + 1,
    ));
    file.take(MAX_SIZE + 1)
        .read_to_string(&mut text)
        .map_err(to_error)?;
    if text.len() as u64 > MAX_SIZE {
        return Err(FileError::Unusable("is larger than 1 MiB".into()));
    }
    Ok((text, metadata))
}

/// Opens without blocking: opening a FIFO would otherwise wait for a writer and block the executor.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        use nix::fcntl::OFlag;

        options.custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits());
    }
    options.open(path)
}

/// What users other than the file's owner can do with it, if anything.
#[cfg(unix)]
fn access_of_others(metadata: &Metadata) -> Option<&'static str> {
    use std::os::unix::fs::PermissionsExt;

    let mode = metadata.permissions().mode();
    match (mode & 0o044 != 0, mode & 0o022 != 0) {
        (false, false) => None,
        (true, false) => Some("read"),
        (false, true) => Some("write"),
        (true, true) => Some("read and write"),
    }
}

#[cfg(not(unix))]
fn access_of_others(_: &Metadata) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::credentials::log::Log;
    use crate::credentials::testing::{Folder, ManualClock, config};

    fn problem(path: &Path) -> String {
        match read(path) {
            Err(FileError::Unusable(problem)) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_text_files_of_up_to_one_mebibyte() {
        let folder = Folder::new();
        let whole = folder.write("whole", &"x".repeat(1024 * 1024));
        assert_eq!(read(&whole).unwrap().len(), 1024 * 1024);
        let large = folder.write("large", &"x".repeat(1024 * 1024 + 1));
        assert_eq!(problem(&large), "is larger than 1 MiB");
        fs::write(&whole, b"\xFF\xFE").unwrap();
        assert_eq!(problem(&whole), "is not UTF-8 text");
        for absent in [&large.join("x"), Path::new("/no/such/file")] {
            assert!(matches!(read(absent), Err(FileError::Absent)));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_directory_a_device_and_a_fifo_are_not_regular_files_and_do_not_block() {
        let folder = Folder::new();
        let fifo = folder.path().join("fifo");
        let status = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(status.unwrap().success());
        for path in [folder.path(), Path::new("/dev/zero"), &fifo] {
            assert_eq!(problem(path), "is not a regular file", "{path:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn files_that_others_can_access_are_logged_once() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new();
        let config = config([("", "")], &ManualClock::default(), "");
        let log = Log::start();
        for (name, mode) in [
            ("mine", 0o600),
            ("group", 0o640),
            ("world", 0o604),
            ("writable", 0o620),
            ("open", 0o666),
        ] {
            let path = folder.write(name, "SECRET");
            fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            for _ in 0..3 {
                read_private(&config, &path).unwrap();
            }
        }
        let log = log.text();
        let access: Vec<_> = log
            .lines()
            .map(|line| line.split("access=").nth(1).unwrap())
            .collect();
        let expected = ["\"read\"", "\"read\"", "\"write\"", "\"read and write\""];
        assert_eq!(access, expected, "{log}");
        assert!(
            log.contains("chmod 600") && !log.contains("SECRET"),
            "{log}"
        );
    }
}
