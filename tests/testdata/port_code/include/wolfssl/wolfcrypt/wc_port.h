int wc_InitMutex(wolfSSL_Mutex *m);
int wc_FreeMutex(wolfSSL_Mutex *m);
int wc_LockMutex(wolfSSL_Mutex *m);
int wc_UnLockMutex(wolfSSL_Mutex *m);
