#![no_main]

use aliyun_ecs::credentials::IniProfileProvider;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    aliyun_ecs_fuzz::profile(data, |file, transport| {
        let provider = IniProfileProvider::new().profile("default");
        provider.file(file).transport(transport)
    });
});
