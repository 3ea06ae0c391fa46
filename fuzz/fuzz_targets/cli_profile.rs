#![no_main]

use aliyun_ecs::credentials::ProfileProvider;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    aliyun_ecs_fuzz::profile(data, |file, transport| {
        ProfileProvider::new().file(file).transport(transport)
    });
});
