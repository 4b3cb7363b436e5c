/// \file
/// The version of offset. The build reads the three numbers from here; they stand nowhere else.
#pragma once

#define OFFSET_VERSION_MAJOR 0
#define OFFSET_VERSION_MINOR 1
#define OFFSET_VERSION_PATCH 0

/// The version as one number that can be compared: 10000 * major + 100 * minor + patch.
#define OFFSET_VERSION \
  (OFFSET_VERSION_MAJOR * 10000 + OFFSET_VERSION_MINOR * 100 + OFFSET_VERSION_PATCH)

/// The version as text. The build checks that it agrees with the numbers.
#define OFFSET_VERSION_STRING "0.1.0"
