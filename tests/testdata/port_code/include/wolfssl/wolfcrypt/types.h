#ifndef TYPES_H
#define TYPES_H
typedef unsigned int word32;
#endif
