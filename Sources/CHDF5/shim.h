// What Swift cannot import from <hdf5.h>: macros, and functions whose name depends on libhdf5's version.
// Works with libhdf5 1.10.7 to 1.14.
#ifndef BLECHD_CHDF5_SHIM_H
#define BLECHD_CHDF5_SHIM_H

#include <hdf5.h>

static const unsigned chdf5_access_read_only = 0x0000u;     // H5F_ACC_RDONLY
static const unsigned chdf5_access_read_write = 0x0001u;    // H5F_ACC_RDWR
static const unsigned chdf5_access_exclusive = 0x0004u;     // H5F_ACC_EXCL
static const hid_t chdf5_default = 0;                       // H5P_DEFAULT, H5E_DEFAULT, H5S_ALL

// These macros open the library and then name a global variable.
static inline hid_t chdf5_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t chdf5_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t chdf5_dataset_access(void) { return H5P_DATASET_ACCESS; }
static inline hid_t chdf5_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t chdf5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t chdf5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t chdf5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t chdf5_native_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t chdf5_native_bits8(void) { return H5T_NATIVE_B8; }
static inline hid_t chdf5_native_bits64(void) { return H5T_NATIVE_B64; }
static inline hid_t chdf5_double_le(void) { return H5T_IEEE_F64LE; }
static inline hid_t chdf5_float_le(void) { return H5T_IEEE_F32LE; }
static inline hid_t chdf5_int64_le(void) { return H5T_STD_I64LE; }
static inline hid_t chdf5_int32_le(void) { return H5T_STD_I32LE; }
static inline hid_t chdf5_c_string(void) { return H5T_C_S1; }

// 1 for a hard link, 0 for any other kind, negative on error.
static inline int chdf5_link_is_hard(hid_t location, const char *name) {
#if H5_VERSION_GE(1, 12, 0)
    H5L_info2_t info;
    if (H5Lget_info2(location, name, &info, H5P_DEFAULT) < 0) return -1;
#else
    H5L_info_t info;
    if (H5Lget_info(location, name, &info, H5P_DEFAULT) < 0) return -1;
#endif
    return info.type == H5L_TYPE_HARD;
}

// hbool_t has changed its type between versions.
static inline herr_t chdf5_no_times(hid_t creation) { return H5Pset_obj_track_times(creation, 0); }

// The file is opened without any lock of libhdf5's; we take our own where we write.
static inline herr_t chdf5_no_locking(hid_t file_access) {
    return H5Pset_file_locking(file_access, 0, 1);
}

#endif
