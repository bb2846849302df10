// What Swift cannot import from <hdf5.h>: macros, and functions whose name depends on libhdf5's version.
// Works with libhdf5 1.10.7 to 1.14.
#ifndef BLECHD_CHDF5_SHIM_H
#define BLECHD_CHDF5_SHIM_H

#include <hdf5.h>
// H5FD_class_t has moved there.
#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

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

// How many hard links of the file lead to the object; negative on error.
static inline int chdf5_link_count(hid_t object) {
#if H5_VERSION_GE(1, 12, 0)
    H5O_info2_t info;
    if (H5Oget_info3(object, &info, H5O_INFO_BASIC) < 0) return -1;
#else
    H5O_info_t info;
    if (H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0) return -1;
#endif
    return (int)info.rc;
}

// hbool_t has changed its type between versions.
static inline herr_t chdf5_no_times(hid_t creation) { return H5Pset_obj_track_times(creation, 0); }

// The file is opened without any lock of libhdf5's; we take our own where we write.
static inline herr_t chdf5_no_locking(hid_t file_access) {
    return H5Pset_file_locking(file_access, 0, 1);
}

// A file as a driver of ours has it: what libhdf5 wants first, then ours.
typedef struct {
    H5FD_t base;
    void *context;
    haddr_t end_of_addresses;
} chdf5_driver_file;

// What does not depend on the driver's own functions, which the caller adds before it registers the class.
static inline H5FD_class_t chdf5_driver_class(void) {
    H5FD_class_t driver = {
#ifdef H5FD_CLASS_VERSION
        .version = H5FD_CLASS_VERSION,
        .value = (H5FD_class_value_t)511,    // 256...511 are for drivers that nobody else names
#endif
        .name = "blechd_overlay",
        .maxaddr = (haddr_t)INT64_MAX,
        .fc_degree = H5F_CLOSE_STRONG,
        .fapl_size = sizeof(void *),
        .fl_map = H5FD_FLMAP_DICHOTOMY,
    };
    return driver;
}

// As of libhdf5's own driver for plain files, less what concerns its descriptor and concurrent readers.
static const unsigned long chdf5_driver_features =
    H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
    H5FD_FEAT_AGGREGATE_SMALLDATA
#ifdef H5FD_FEAT_DEFAULT_VFD_COMPATIBLE
    | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE
#endif
    ;

#endif
