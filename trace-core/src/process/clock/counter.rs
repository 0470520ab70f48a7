//! The processor's time-stamp counter. A span reads it twice, with one instruction each.
//!
//! Decides whether the counter can be trusted. `rate.rs` measures the length of a tick.
//!
//! All `unsafe` code of the project is here, in [`fork`](crate::process::fork) and in
//! [`exit`](crate::process::exit). A crate that wraps this code adds function calls: with
//! `quanta`, a measurement showed twenty more instructions for each span.

use std::sync::atomic::{AtomicU8, Ordering};

/// Proof that the counter runs at one rate on all processors, even when they sleep or are
/// throttled. Only [`find`](Self::find) creates it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counter(());

/// The result of [`Counter::find`]: one of the constants below.
static FOUND: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const NOT_TRUSTED: u8 = 1;
const TRUSTED: u8 = 2;

impl Counter {
    /// Returns the counter if it can be trusted.
    pub(crate) fn find() -> Option<Self> {
        // Relaxed: the byte guards no other memory. Not a `OnceLock`: if one thread forks
        // while another initializes it, the child waits forever.
        let found = match FOUND.load(Ordering::Relaxed) {
            UNKNOWN => Self::look(),
            found => found,
        };
        (found == TRUSTED).then_some(Self(()))
    }

    #[cold]
    fn look() -> u8 {
        let is_trusted = !cfg!(feature = "portable-clock") && processor::is_trusted();
        let found = if is_trusted { TRUSTED } else { NOT_TRUSTED };
        // Relaxed: threads that race store the same result.
        FOUND.store(found, Ordering::Relaxed);
        found
    }

    /// Returns a reading, in ticks of unknown length.
    ///
    /// The processor may move the reading by a few dozen instructions. A barrier would prevent
    /// this, but would cost more than the rest of a span.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(crate) fn raw(self) -> u64 {
        processor::read()
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
mod processor {
    use core::arch::x86_64::{__cpuid, _rdtsc};

    /// Source: AMD64 Architecture Programmer's Manual, volume 3, *CPUID Fn8000_0007*:
    /// `TscInvariant`. Intel's manual has the same bit.
    pub(super) fn is_trusted() -> bool {
        const HIGHEST: u32 = 0x8000_0000;
        const POWER: u32 = 0x8000_0007;
        const TSC_INVARIANT: u32 = 1 << 8;
        #[allow(
            unsafe_code,
            unused_unsafe,
            reason = "the function is safe in newer compilers"
        )]
        // SAFETY: every processor of this architecture has the instruction.
        let cpuid = |leaf| unsafe { __cpuid(leaf) };
        let is_invariant = cpuid(HIGHEST).eax >= POWER && cpuid(POWER).edx & TSC_INVARIANT != 0;
        is_invariant && the_kernel_trusts_it()
    }

    /// Returns whether the kernel offers the counter as a clock. Linux stops offering the
    /// counter if it differs between processors. If the file does not exist, only the bit
    /// above decides.
    fn the_kernel_trusts_it() -> bool {
        let sources = "/sys/devices/system/clocksource/clocksource0/available_clocksource";
        std::fs::read_to_string(sources).map_or(true, |sources| {
            sources.split_whitespace().any(|one| one == "tsc")
        })
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn read() -> u64 {
        #[expect(unsafe_code, reason = "the counter has no other face")]
        // SAFETY: every processor of this architecture has the instruction. If the system
        // forbids a process to use it, the instruction faults and the process ends, which is
        // sound.
        unsafe {
            _rdtsc()
        }
    }
}

#[cfg(all(target_arch = "aarch64", not(miri)))]
mod processor {
    /// Source: Arm Architecture Reference Manual, *The Generic Timer*: the counter always
    /// exists, and it is the same on all processors.
    pub(super) fn is_trusted() -> bool {
        // On other systems, programs may not be allowed to read the counter.
        cfg!(any(
            target_os = "linux",
            target_os = "android",
            target_os = "macos"
        ))
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn read() -> u64 {
        let ticks: u64;
        #[expect(unsafe_code, reason = "the counter has no other face")]
        // SAFETY: reads a register that programs may read on the systems above, and touches
        // nothing else.
        unsafe {
            core::arch::asm!(
                "mrs {}, cntvct_el0",
                out(reg) ticks,
                options(nomem, nostack, preserves_flags)
            );
        }
        ticks
    }
}

#[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod processor {
    pub(super) fn is_trusted() -> bool {
        false
    }

    pub(super) fn read() -> u64 {
        0
    }
}
