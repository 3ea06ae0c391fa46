//! Runs a program and collects its standard output.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::task::Poll;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, ChildStdout, Command};
use zeroize::Zeroizing;

/// The result of a program.
pub(super) struct Finished {
    /// `None` if the program wrote more than the maximum and was killed.
    pub(super) status: Option<ExitStatus>,
    pub(super) output: Zeroizing<Vec<u8>>,
}

/// Runs the program and returns when it has ended. Dropping the future kills it.
///
/// On Unix the program gets its own process group, which is killed when the program has ended, so that background
/// processes neither outlive the program nor keep the caller waiting for an open pipe.
pub(super) async fn run(command: &mut Command, max_output: usize) -> io::Result<Finished> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut child = command.spawn()?;
    let stdout = child.stdout.take();
    let mut stdout = stdout.ok_or_else(|| io::Error::other("no standard output"))?;
    // Declared after the child and so dropped before it: until the child is gone, its id cannot be reused.
    let group = ProcessGroup::of(&child);
    // Enough capacity for all real outputs: a growing buffer would leave copies of secrets in memory.
    let mut output = Zeroizing::new(Vec::with_capacity(16 * 1024));
    let status = wait(&mut child, &mut stdout, &mut output, max_output).await?;
    if status.is_some() {
        drop(group);
        read_rest(&mut stdout, &mut output, max_output).await?;
    }
    let status = status.filter(|_| output.len() <= max_output);
    Ok(Finished { status, output })
}

/// Reads the output until the program has ended, or has written more than `max` bytes (`None`).
async fn wait(
    child: &mut Child,
    stdout: &mut ChildStdout,
    output: &mut Vec<u8>,
    max: usize,
) -> io::Result<Option<ExitStatus>> {
    let mut reading = pin!(read(stdout, output, max));
    let mut waiting = pin!(child.wait());
    let mut is_read = false;
    poll_fn(|context| {
        if !is_read && let Poll::Ready(is_within_max) = reading.as_mut().poll(context)? {
            if !is_within_max {
                return Poll::Ready(Ok(None));
            }
            is_read = true;
        }
        waiting.as_mut().poll(context).map_ok(Some)
    })
    .await
}

/// Reads to the end or until there are more than `max` bytes. Returns whether the end was reached.
async fn read(
    stdout: &mut (impl AsyncRead + Unpin),
    output: &mut Vec<u8>,
    max: usize,
) -> io::Result<bool> {
    while output.len() <= max {
        if stdout.read_buf(output).await? == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads what is left in the pipe of a program that has ended, without waiting for other processes that have it open.
#[cfg(unix)]
async fn read_rest(stdout: &mut ChildStdout, output: &mut Vec<u8>, max: usize) -> io::Result<()> {
    let mut buffer = Zeroizing::new([0; 4096]);
    while output.len() <= max {
        // The pipe is non-blocking: tokio opened it in that mode.
        match nix::unistd::read(&*stdout, &mut *buffer) {
            Ok(0) | Err(nix::errno::Errno::EAGAIN) => break,
            Ok(length) => output.extend_from_slice(buffer.get(..length).unwrap_or_default()),
            Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(not(unix))]
async fn read_rest(stdout: &mut ChildStdout, output: &mut Vec<u8>, max: usize) -> io::Result<()> {
    read(stdout, output, max).await.map(|_| ())
}

/// The process group of a child; dropping it kills the group.
struct ProcessGroup {
    #[cfg(unix)]
    id: Option<nix::unistd::Pid>,
}

impl ProcessGroup {
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            id: id.map(nix::unistd::Pid::from_raw),
        }
    }

    #[cfg(not(unix))]
    fn of(_: &Child) -> Self {
        Self {}
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(id) = self.id {
            // Most groups are empty by then; the resulting error has no effect.
            let _ = nix::sys::signal::killpg(id, nix::sys::signal::Signal::SIGKILL);
        }
    }
}
