/* stands for wolfSSL's settings.h */
